// Preloaded, it gives a program Express 4 where it asks for Express.

import { registerHooks } from 'node:module';

registerHooks({ resolve: (name, context, next) => next(name === 'express' ? 'express-4' : name, context) });
