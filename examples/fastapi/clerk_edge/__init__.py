"""Who sends a request, told by clerk-edge's assertion or by Clerk's own token. Copy this folder into a project."""
