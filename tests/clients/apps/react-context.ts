import { createElement, type ReactNode } from 'react';

import { ApiProvider, useApi } from './api/react.js';

export const Provider = ApiProvider;
export const props = (url: string) => ({ baseUrl: url });

/** Gives the client that a component gets to whoever rendered it. */
export function Component({ use }: { use: (api: ReturnType<typeof useApi>) => void }): ReactNode {
  use(useApi());
  return createElement('p', null, 'rendered');
}

export const me = async (api: ReturnType<typeof useApi>): Promise<string> => (await api.get<{ userId: string }>('/me')).userId;
