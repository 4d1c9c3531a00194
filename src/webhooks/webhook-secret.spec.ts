import { describe, expect, it } from '@jest/globals';
import { newWebhookSecret, SecretBox } from './webhook-secret.js';

describe('newWebhookSecret', () => {
  it('is whsec_ and 32 bytes in base64, never the same twice', () => {
    const secret = newWebhookSecret();

    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(newWebhookSecret()).not.toBe(secret);
  });
});

describe('SecretBox', () => {
  const box = new SecretBox('pepper');
  const secret = newWebhookSecret();

  it('opens what it sealed', () => {
    expect(box.open(box.seal(secret, 'proj_a/we_1'), 'proj_a/we_1')).toBe(secret);
  });

  it('shows nothing of it, nor that two are the same', () => {
    const [one, other] = [box.seal(secret, 'proj_a/we_1'), box.seal(secret, 'proj_a/we_1')];

    expect(Buffer.from(one).includes(secret.slice(6, 20))).toBe(false);
    expect(Buffer.from(one).equals(other)).toBe(false);
  });

  // What breaks it: a cipher without authentication, or one that does not take the owner along.
  it('opens nothing for another owner, with another pepper, or that was changed', () => {
    const sealed = box.seal(secret, 'proj_a/we_1');
    const changed = sealed.map((byte, index) => (index === sealed.length - 1 ? byte ^ 1 : byte));

    expect(() => box.open(sealed, 'proj_b/we_1')).toThrow('unable to authenticate data');
    expect(() => new SecretBox('another').open(sealed, 'proj_a/we_1')).toThrow('unable to authenticate data');
    expect(() => box.open(changed, 'proj_a/we_1')).toThrow('unable to authenticate data');
  });
});
