import { QueryClient } from '@tanstack/react-query';
import { createElement, type ReactNode } from 'react';

import { ApiProvider, useTRPC } from './api/react.js';

export { makeRouter } from './server/router.js';
export const Provider = ApiProvider;
export const props = (url: string) => ({ url });

export function Component({ use }: { use: (api: ReturnType<typeof useTRPC>) => void }): ReactNode {
  use(useTRPC());
  return createElement('p', null, 'rendered');
}

export const me = async (api: ReturnType<typeof useTRPC>): Promise<string> => (await new QueryClient().fetchQuery(api.me.queryOptions())).userId;
