import { createApi, type ApiOptions } from './api/index.js';

export function start(url: string, options: Omit<ApiOptions, 'baseUrl'>) {
  const api = createApi({ baseUrl: url, ...options }, { headers: { 'x-own': '1' } });
  return {
    me: async (): Promise<string> => (await api.get<{ userId: string }>('/me')).data.userId,
    admin: async (): Promise<string> => (await api.get<{ userId: string }>('/admin')).data.userId,
    health: async (): Promise<boolean> => (await api.get<{ ok: boolean }>('/health')).data.ok,
    create: async (text: string): Promise<string> => (await api.post<{ text: string }>('/notes', { text })).data.text,
  };
}
