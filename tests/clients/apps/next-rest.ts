import { ClerkProvider } from '@clerk/nextjs';
import { createElement, type ReactNode } from 'react';

import { ApiProvider } from '../api/react';

export default function Layout({ children }: { children: ReactNode }) {
  return createElement(ClerkProvider, null, createElement(ApiProvider, { baseUrl: 'https://api.example.com', children }));
}
