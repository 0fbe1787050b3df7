// What the guards of every adapter take: a value, or a function of what the framework hands over.

import type { Rule } from './index.js';

type Given<T, Handed extends unknown[]> = T | ((...handed: Handed) => T);

/** `Guard` is what the framework takes. */
export interface Guards<Guard, Handed extends unknown[]> {
  requireAuth(): Guard;
  /** Lets a request without credentials through as nobody; bad credentials are refused. */
  optionalAuth(): Guard;
  requireRole(role: Given<string, Handed>): Guard;
  requireAnyRole(...roles: Given<string | readonly string[], Handed>[]): Guard;
  requirePermission(permission: Given<string, Handed>): Guard;
  requireOrg(id?: Given<string, Handed>): Guard;
  require(rule: Given<Rule, Handed>): Guard;
}
