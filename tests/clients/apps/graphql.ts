import { createApi, graphql, type ApiOptions } from './api/index.js';

const ME = graphql(`query Me { me { userId } }`);
const ADMIN = graphql(`query Admin { admin { userId } }`);
const HEALTH = graphql(`query Health { health }`);
const CREATE = graphql(`mutation CreateNote($text: String!) { createNote(text: $text) { id text } }`);
const DRAFT = graphql(`mutation DraftNote($text: String!) { draftNote(text: $text) { id author { userId } } }`);
const BOTH = graphql(`mutation Both($text: String!) { draftNote(text: $text) { id } createNote(text: $text) { id } }`);

export function start(url: string, options: Omit<ApiOptions, 'url'>) {
  const api = createApi({ url, ...options });
  // Apollo would make one request of ten that are the same.
  const asked = { fetchPolicy: 'no-cache', context: { queryDeduplication: false } } as const;
  return {
    me: async (): Promise<string | undefined> => (await api.query({ query: ME, ...asked })).data?.me.userId,
    admin: async (): Promise<string | undefined> => (await api.query({ query: ADMIN, ...asked })).data?.admin.userId,
    health: async (): Promise<boolean | undefined> => (await api.query({ query: HEALTH, ...asked })).data?.health,
    create: async (text: string): Promise<string | undefined> => (await api.mutate({ mutation: CREATE, variables: { text } })).data?.createNote.text,
    draft: (text: string) => api.mutate({ mutation: DRAFT, variables: { text } }),
    both: (text: string) => api.mutate({ mutation: BOTH, variables: { text } }),
  };
}

export async function misuse(api: ReturnType<typeof createApi>) {
  // @ts-expect-error the mutation has another name for it
  await api.mutate({ mutation: CREATE, variables: { title: 'x' } });
  // @ts-expect-error the schema has no such member
  (await api.query({ query: ME })).data?.me.name;
}
