import { createApi, type ApiOptions } from './api/index.js';

export { makeRouter } from './server/router.js';

export function start(url: string, options: Omit<ApiOptions, 'url'>) {
  const api = createApi({ url, ...options });
  return {
    me: async (): Promise<string> => (await api.me.query()).userId,
    admin: async (): Promise<string> => (await api.admin.query()).userId,
    health: (): Promise<boolean> => api.health.query(),
    create: async (text: string): Promise<string> => (await api.create.mutate(text)).text,
    draft: async (text: string): Promise<string> => (await api.draft.mutate(text)).text,
  };
}

export async function misuse(api: ReturnType<typeof createApi>) {
  // @ts-expect-error the router wants text
  await api.create.mutate(7);
  // @ts-expect-error the router has no such procedure
  await api.nothing.query();
}
