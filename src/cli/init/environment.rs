//! The example of an environment, with placeholders, and what git is to leave out.

use super::lines::Variable;

const WEBHOOK_SECRET: &str = "CLERK_WEBHOOK_SIGNING_SECRET";

const JWT_KEY: Variable = Variable {
    name: "CLERK_JWT_KEY",
    value: "\"-----BEGIN PUBLIC KEY-----\\n...\\n-----END PUBLIC KEY-----\"",
    comment: "The instance's public key in PEM: tokens are then verified without any network.",
    is_optional: true,
};

/// What a server's environment may hold.
pub(super) const SERVER: [Variable; 4] = [
    Variable {
        name: "CLERK_PUBLISHABLE_KEY",
        value: "pk_test_...",
        comment: "The instance (Clerk Dashboard, API keys).",
        is_optional: false,
    },
    Variable {
        name: "CLERK_AUTHORIZED_PARTIES",
        value: "http://localhost:3000",
        comment: "The front ends that tokens may be made for, as origins with spaces between them. Pages of theirs may call the API too.",
        is_optional: false,
    },
    Variable {
        name: WEBHOOK_SECRET,
        value: "whsec_...",
        comment: "Signs webhooks (Clerk Dashboard, Webhooks). While it rotates: both, with a space between them.",
        is_optional: true,
    },
    JWT_KEY,
];

/// What a Worker's secrets may be; what is no secret stands in wrangler's own file.
pub(super) const WORKER: [Variable; 3] = [
    Variable {
        name: "CLERK_PUBLISHABLE_KEY",
        value: "pk_test_...",
        comment: "On this machine alone: another instance than that of wrangler's vars, such as that of `clerk-edge issuer`.",
        is_optional: true,
    },
    Variable {
        name: WEBHOOK_SECRET,
        value: "whsec_...",
        comment: "Signs webhooks (Clerk Dashboard, Webhooks). Deployed: `npx wrangler secret put CLERK_WEBHOOK_SIGNING_SECRET`.",
        is_optional: true,
    },
    JWT_KEY,
];

pub(super) const IGNORED: [&str; 3] = ["node_modules/", ".env*", "!.env.example"];

pub(super) const IGNORED_ON_WORKERS: [&str; 6] =
    ["node_modules/", ".wrangler/", ".dev.vars*", "!.dev.vars.example", ".env*", "!.env.example"];
