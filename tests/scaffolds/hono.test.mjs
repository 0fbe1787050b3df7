// Hono projects: TypeScript as ES modules, with everything strict that the compiler has, and JavaScript in CommonJS.

import { checkProject } from './checks.mjs';
import { makeProject } from './support.mjs';
import { STRICT } from './tsconfig.mjs';

const dependencies = { hono: '4.13.19' };

checkProject('Hono in TypeScript', {
  framework: 'hono',
  isTyped: true,
  make: () => makeProject('hono-ts', { 'package.json': { name: 'hono-ts', private: true, type: 'module', dependencies }, 'tsconfig.json': STRICT }),
});

checkProject('Hono in JavaScript and CommonJS', {
  framework: 'hono',
  make: () => makeProject('hono-cjs', { 'package.json': { name: 'hono-cjs', private: true, dependencies } }),
});
