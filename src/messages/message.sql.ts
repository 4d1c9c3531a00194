/** The columns of a `NewMessage` in a statement. */
export const NEW_MESSAGE = {
  id: 'text',
  role: 'text',
  content: 'json',
  attachments: 'json',
  metadata: 'jsonb',
} as const;
