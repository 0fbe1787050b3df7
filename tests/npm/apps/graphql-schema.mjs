// The schema of the two GraphQL servers: each field is one route of the other applications.

/** Never null, so that a refused field fails its operation; `public` and `nullable` show what a partial answer is. */
export const typeDefs = `
  type User { userId: String }
  type Query {
    me: User!
    maybe: User!
    admin: User!
    orgs(id: ID!): User!
    nullable: User
    public: Boolean!
  }
`;

export function resolversOf({ requireAuth, optionalAuth, requireRole, requireOrg }) {
  const who = (_parent, _args, { auth }) => ({ userId: auth?.userId ?? null });
  return {
    Query: {
      me: requireAuth(who),
      maybe: optionalAuth(who),
      admin: requireRole('admin')(who),
      orgs: requireOrg((_parent, { id }) => id)(who),
      nullable: requireAuth(who),
      public: () => true,
    },
  };
}
