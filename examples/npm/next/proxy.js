// The guard before routes; the header that it hands on replaces the caller's.

import { NextResponse } from 'next/server';

import { protect } from './lib/edge.js';

export const proxy = protect((request, { auth }) => {
  const headers = new Headers(request.headers);
  headers.delete('x-user-id');
  if (auth) headers.set('x-user-id', auth.userId);
  return NextResponse.next({ request: { headers } });
});

export const config = { matcher: '/proxied/:path*' };
