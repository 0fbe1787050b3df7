export { answer as GET } from '../../answer.js';

export const runtime = 'edge';
