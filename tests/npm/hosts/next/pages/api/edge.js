import { answer } from '../../answer.js';

export const config = { runtime: 'edge' };

export default answer;
