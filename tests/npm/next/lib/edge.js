// The guards of the application, once. The environment gives the publishable key and the party of the tests' tokens.

import { clerkEdge } from 'clerk-edge/next';

export const edge = clerkEdge({ authorizedParties: [process.env.FRONT_END] });
export const who = (_request, { auth }) => Response.json({ userId: auth?.userId ?? null });
export const whoOfApi = ({ auth }, response) => response.json({ userId: auth?.userId ?? null });
