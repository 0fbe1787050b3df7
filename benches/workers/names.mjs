// What the contestants are called in tables.

export const LIMIT = 'crypto.subtle.verify';
export const FRESH = 'clerk-edge, fresh token';
export const REPEATED = 'clerk-edge, repeated token';
export const JOSE = 'jose jwtVerify';
export const CLERK = '@clerk/backend verifyToken';
