import { z } from 'zod';

import { createApi, type ApiOptions } from './api/index.js';

export { AnswerError, ApiError } from './api/index.js';

const User = z.object({ userId: z.string() });

export function start(url: string, options: Omit<ApiOptions, 'baseUrl'>) {
  const api = createApi({ baseUrl: url, ...options });
  return {
    api,
    me: async (): Promise<string> => (await api.get('me', { schema: User })).userId,
    admin: async (): Promise<string> => (await api.get<{ userId: string }>('/admin')).userId,
    health: async (): Promise<boolean> => (await api.get<{ ok: boolean }>('/health')).ok,
    create: async (text: string): Promise<string> => (await api.post<{ text: string }>('/notes', { text })).text,
    remove: (): Promise<unknown> => api.delete('/notes/note_1'),
    tagged: (): Promise<unknown> => api.get('/notes', { query: { tag: ['a b', '1&2'], other: undefined } }),
    wrong: (): Promise<unknown> => api.get('/me', { schema: z.object({ id: z.string() }) }),
    missing: (): Promise<unknown> => api.get('/nothing'),
  };
}

export async function misuse({ api }: ReturnType<typeof start>) {
  // @ts-expect-error the schema has no such member
  (await api.get('/me', { schema: User })).id;
  // @ts-expect-error an unknown answer has no members
  (await api.get('/me')).userId;
}
