import { graphql } from './api/index.ts';

export const ME = graphql(`query Me { me { userId } }`);
