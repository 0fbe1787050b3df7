import { graphql } from './api/index.js';

export const ME = graphql(`query Me { me { userId } }`);
