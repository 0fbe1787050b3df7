// Named `proxy` it runs on Node, named `middleware` at the edge: the test copies it under the name that it tries.

export { answer as middleware, answer as proxy } from './answer.js';

export const config = { matcher: '/before' };
