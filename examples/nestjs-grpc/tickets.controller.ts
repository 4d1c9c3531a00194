import { Body, Controller, Get, Headers, Param, Post } from '@nestjs/common';
import type { NewMessage } from './contract.js';
import { Threadstore } from './threadstore.js';

interface NewTicket {
  readonly customer: string;
  readonly text: string;
}

/** Tickets of customers: each is a thread. */
@Controller('tickets')
export class TicketsController {
  constructor(private readonly threadstore: Threadstore) {}

  /** A caller that sends the same key again gets the same ticket. */
  @Post()
  async open(@Body() { customer, text }: NewTicket, @Headers('idempotency-key') key?: string) {
    const thread = await this.threadstore.createThread(messageOf('ROLE_USER', text), { customer }, key);
    return { id: thread.id, customer: thread.metadata.customer };
  }

  @Post(':id/replies')
  async reply(@Param('id') id: string, @Body() { text }: NewTicket, @Headers('idempotency-key') key?: string) {
    const message = await this.threadstore.createMessage(id, messageOf('ROLE_ASSISTANT', text), key);
    return { id: message.id };
  }

  @Get(':id')
  async read(@Param('id') id: string) {
    const { messages } = await this.threadstore.listMessages(id);
    return {
      id,
      messages: messages.map(({ role, content }) => ({
        from: role === 'ROLE_USER' ? 'customer' : 'support',
        text: content.map(({ text }) => text?.value ?? '').join('\n'),
      })),
    };
  }
}

const messageOf = (role: NewMessage['role'], value: string): NewMessage => ({ role, content: [{ text: { value } }] });
