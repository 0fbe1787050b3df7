// Fastify projects: TypeScript as ES modules, with everything strict that the compiler has, and JavaScript in CommonJS.

import { checkProject } from './checks.mjs';
import { makeProject } from './support.mjs';
import { STRICT } from './tsconfig.mjs';

const dependencies = { fastify: '5.12.8' };

checkProject('Fastify in TypeScript', {
  framework: 'fastify',
  isTyped: true,
  make: () => makeProject('fastify-ts', { 'package.json': { name: 'fastify-ts', private: true, type: 'module', dependencies }, 'tsconfig.json': STRICT }),
});

checkProject('Fastify in JavaScript and CommonJS', {
  framework: 'fastify',
  make: () => makeProject('fastify-cjs', { 'package.json': { name: 'fastify-cjs', private: true, dependencies } }),
});
