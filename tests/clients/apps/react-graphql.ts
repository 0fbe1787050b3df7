import { useApolloClient } from '@apollo/client/react';
import { createElement, type ReactNode } from 'react';

import { graphql } from './api/index.js';
import { ApiProvider } from './api/react.js';

export const Provider = ApiProvider;
export const props = (url: string) => ({ url });

const ME = graphql(`query Me { me { userId } }`);

export function Component({ use }: { use: (api: ReturnType<typeof useApolloClient>) => void }): ReactNode {
  use(useApolloClient());
  return createElement('p', null, 'rendered');
}

export const me = async (api: ReturnType<typeof useApolloClient>): Promise<string | undefined> => (await api.query({ query: ME })).data?.me.userId;
