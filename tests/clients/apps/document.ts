import { createApi, type ApiOptions, type Note } from './api/index.js';

export function start(url: string, options: Omit<ApiOptions, 'baseUrl'>) {
  const api = createApi({ baseUrl: `${url}/`, ...options });
  const throwOnError = true;
  return {
    me: async (): Promise<string> => (await api.getMe({ throwOnError })).data.userId,
    admin: async (): Promise<string> => (await api.getAdmin({ throwOnError })).data.userId,
    health: async (): Promise<boolean> => (await api.getHealth({ throwOnError })).data.ok,
    create: async (text: string): Promise<string> => {
      const note: Note = (await api.createNote({ body: { text }, throwOnError })).data;
      return note.text;
    },
    /** Without an exception. */
    meWithoutException: (): Promise<{ error?: unknown }> => api.getMe(),
  };
}

export async function misuse(api: ReturnType<typeof createApi>) {
  // @ts-expect-error the document has another name for it
  await api.createNote({ body: { title: 'x' } });
  // @ts-expect-error the document has no such operation
  await api.getNothing();
}
