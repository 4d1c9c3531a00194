// The refusals of webhooks: a part of the catalogue.
import { invalid, notFound } from './refusal.js';

export const eventFeedInUse = () =>
  invalid(
    'The event feed of a project with webhook endpoints cannot be switched off. Delete the endpoints first.',
    'event_feed_in_use',
    'enabled',
  );

export const insecureWebhookUrl = () =>
  invalid("Invalid 'url': webhooks are sent to URLs that begin with 'https://'.", 'invalid_url', 'url');

export const credentialsInWebhookUrl = () =>
  invalid("Invalid 'url': a user name or a password in it would not be sent.", 'invalid_url', 'url');

export const webhookAddressNotAllowed = () =>
  invalid("Invalid 'url': it leads to an address that webhooks may not be sent to.", 'address_not_allowed', 'url');

export const tooManyWebhookEndpoints = (max: number) =>
  invalid(`A project can have at most ${max} webhook endpoints.`, 'too_many_webhook_endpoints');

export const webhookEndpointNotFound = (id: string) => notFound('webhook endpoint', id);
export const webhookDeliveryNotFound = (id: string) => notFound('webhook delivery', id);
