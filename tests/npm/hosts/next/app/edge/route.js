import { answer } from '../../answer.js';

export const runtime = 'edge';

export async function GET(request) {
  return answer(request);
}
