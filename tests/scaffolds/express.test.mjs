// Express projects: TypeScript as ES modules, with everything strict that the compiler has, and JavaScript in CommonJS.

import { checkProject } from './checks.mjs';
import { makeProject } from './support.mjs';
import { STRICT } from './tsconfig.mjs';

checkProject('Express in TypeScript', {
  framework: 'express',
  isTyped: true,
  make: () =>
    makeProject('express-ts', {
      'package.json': { name: 'express-ts', private: true, type: 'module', dependencies: { express: '5.3.0' } },
      'tsconfig.json': STRICT,
    }),
});

checkProject('Express in JavaScript and CommonJS', {
  framework: 'express',
  make: () => makeProject('express-cjs', { 'package.json': { name: 'express-cjs', private: true, dependencies: { express: '5.3.0' } } }),
});
