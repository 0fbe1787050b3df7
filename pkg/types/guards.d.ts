// What the guards of every adapter take: a value, or a function of what the framework hands over.

import type { Rule } from './index.js';

export type Given<T, Handed extends unknown[]> = T | ((...handed: Handed) => T | Promise<T>);

/** What of a request a function returns may be anything: no name and no id are held by nobody, and so refused. */
type Text = string | undefined;

/** The rules behind the guards; `Guard` is what the framework takes. */
export interface RuleGuards<Guard, Handed extends unknown[]> {
  requireRole(role: Given<Text, Handed>): Guard;
  requireAnyRole(...roles: Given<Text | readonly Text[], Handed>[]): Guard;
  requirePermission(permission: Given<Text, Handed>): Guard;
  /** An active organization, whichever. */
  requireOrg(): Guard;
  /** The organization of an id, `org_…`. */
  requireOrg(id: Given<Text, Handed>): Guard;
  require(rule: Given<Rule, Handed>): Guard;
}

export interface Guards<Guard, Handed extends unknown[], OptionalGuard = Guard> extends RuleGuards<Guard, Handed> {
  requireAuth(): Guard;
  /** Lets a request without credentials through as nobody; bad credentials are refused. */
  optionalAuth(): OptionalGuard;
}
