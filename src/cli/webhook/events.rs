//! The types of event that Clerk is known to send, and an example of each family's data.
//!
//! Clerk adds types without notice, so the set is open: nothing here decides what may be sent or received.

use serde_json::{Value, json};

use super::billing;
use crate::cli::identifier::identifier;

/// The types that Clerk's SDK and API description name.
pub(in crate::cli) const TYPES: [&str; 46] = [
    "email.created",
    "organization.created",
    "organization.deleted",
    "organization.updated",
    "organizationDomain.created",
    "organizationDomain.deleted",
    "organizationDomain.updated",
    "organizationInvitation.accepted",
    "organizationInvitation.created",
    "organizationInvitation.revoked",
    "organizationMembership.created",
    "organizationMembership.deleted",
    "organizationMembership.updated",
    "paymentAttempt.created",
    "paymentAttempt.updated",
    "permission.created",
    "permission.deleted",
    "permission.updated",
    "role.created",
    "role.deleted",
    "role.updated",
    "session.created",
    "session.ended",
    "session.pending",
    "session.removed",
    "session.revoked",
    "sms.created",
    "subscription.active",
    "subscription.created",
    "subscription.pastDue",
    "subscription.updated",
    "subscriptionItem.abandoned",
    "subscriptionItem.active",
    "subscriptionItem.canceled",
    "subscriptionItem.created",
    "subscriptionItem.ended",
    "subscriptionItem.freeTrialEnding",
    "subscriptionItem.incomplete",
    "subscriptionItem.pastDue",
    "subscriptionItem.upcoming",
    "subscriptionItem.updated",
    "user.created",
    "user.deleted",
    "user.updated",
    "waitlistEntry.created",
    "waitlistEntry.updated",
];

/// An example of what an event of this type holds, at `now` in milliseconds.
pub(super) fn data(kind: &str, now: i64) -> Value {
    let (family, verb) = kind.split_once('.').unwrap_or((kind, ""));
    match (family, verb) {
        ("user", "deleted") => deleted("user", "user_"),
        ("organization", "deleted") => {
            let mut organization = deleted("organization", "org_");
            organization["slug"] = "acme".into();
            organization
        }
        ("organizationDomain", "deleted") => deleted("organization_domain", "orgdmn_"),
        ("role", "deleted") => deleted("role", "role_"),
        ("permission", "deleted") => deleted("permission", "perm_"),
        ("user", _) => user(&identifier("user_"), now),
        ("session", _) => session(verb, now),
        ("organization", _) => organization(now),
        ("organizationDomain", _) => timed(now, domain(now)),
        ("organizationInvitation", _) => timed(now, invitation(verb, now)),
        ("organizationMembership", _) => timed(now, membership(now)),
        ("role", _) => timed(now, role(now)),
        ("permission", _) => timed(now, permission()),
        ("email", _) => email(),
        ("sms", _) => sms(),
        ("waitlistEntry", _) => timed(now, waitlist_entry()),
        ("paymentAttempt", _) => timed(now, billing::payment_attempt(verb, now)),
        ("subscription", _) => timed(now, billing::subscription(verb, now)),
        ("subscriptionItem", _) => timed(now, billing::item(verb, now)),
        _ => json!({"id": identifier("obj_"), "object": family}),
    }
}

fn deleted(object: &str, prefix: &str) -> Value {
    json!({"id": identifier(prefix), "object": object, "deleted": true})
}

pub(super) fn timed(now: i64, mut data: Value) -> Value {
    data["created_at"] = now.into();
    data["updated_at"] = now.into();
    data
}

fn user(id: &str, now: i64) -> Value {
    let email = identifier("idn_");
    timed(
        now,
        json!({
            "id": id, "object": "user", "username": null, "first_name": "Ada", "last_name": "Example",
            "image_url": "https://img.clerk.com/example", "has_image": false, "external_id": null,
            "primary_email_address_id": email, "primary_phone_number_id": null, "primary_web3_wallet_id": null,
            "email_addresses": [{
                "id": email, "object": "email_address", "email_address": "ada@example.com",
                "verification": {"status": "verified", "strategy": "email_code"}, "linked_to": [],
            }],
            "phone_numbers": [], "web3_wallets": [], "external_accounts": [], "enterprise_accounts": [],
            "organization_memberships": null,
            "public_metadata": {}, "private_metadata": {}, "unsafe_metadata": {},
            "password_enabled": true, "password_last_updated_at": now, "two_factor_enabled": false,
            "totp_enabled": false, "backup_code_enabled": false,
            "banned": false, "locked": false, "deprovisioned": false, "lockout_expires_in_seconds": null,
            "verification_attempts_remaining": 100,
            "create_organization_enabled": true, "create_organizations_limit": null, "delete_self_enabled": true,
            "legal_accepted_at": null, "locale": null, "timezone": null,
            "last_sign_in_at": null, "last_active_at": now,
        }),
    )
}

fn session(verb: &str, now: i64) -> Value {
    let user_id = identifier("user_");
    let status = match verb {
        "created" | "" => "active",
        status => status,
    };
    timed(
        now,
        json!({
            "id": identifier("sess_"), "object": "session", "client_id": identifier("client_"), "user_id": user_id,
            "status": status, "actor": null, "last_active_organization_id": null, "latest_activity": null,
            "last_active_at": now, "expire_at": now + 604_800_000, "abandon_at": now + 2_592_000_000_i64,
            "user": user(&user_id, now),
        }),
    )
}

fn organization(now: i64) -> Value {
    timed(
        now,
        json!({
            "id": identifier("org_"), "object": "organization", "name": "Acme", "slug": "acme",
            "image_url": "https://img.clerk.com/example", "has_image": false, "max_allowed_memberships": 5,
            "admin_delete_enabled": true, "public_metadata": {}, "private_metadata": {},
            "created_by": identifier("user_"),
        }),
    )
}

fn domain(now: i64) -> Value {
    json!({
        "id": identifier("orgdmn_"), "object": "organization_domain", "organization_id": identifier("org_"),
        "name": "example.com", "enrollment_mode": "manual_invitation",
        "verification": {
            "status": "verified", "strategy": "affiliation_email_code", "attempts": 1, "expires_at": now + 600_000,
        },
        "affiliation_email_address": "ada@example.com", "total_pending_invitations": 0, "total_pending_suggestions": 0,
    })
}

fn invitation(verb: &str, now: i64) -> Value {
    let status = if verb == "created" { "pending" } else { verb };
    let mut invitation = json!({
        "id": identifier("orginv_"), "object": "organization_invitation", "email_address": "grace@example.com",
        "role": "org:member", "role_name": "Member", "organization_id": identifier("org_"), "status": status,
        "url": "https://accounts.example.com/invitation", "expires_at": now + 2_592_000_000_i64,
        "public_metadata": {}, "private_metadata": {},
    });
    if verb == "accepted" {
        invitation["user_id"] = identifier("user_").into();
    }
    invitation
}

fn membership(now: i64) -> Value {
    json!({
        "id": identifier("orgmem_"), "object": "organization_membership", "role": "org:member", "role_name": "Member",
        "permissions": ["org:sys_memberships:read"], "organization": organization(now),
        "public_user_data": {
            "user_id": identifier("user_"), "identifier": "ada@example.com", "first_name": "Ada",
            "last_name": "Example", "image_url": "https://img.clerk.com/example", "has_image": false,
        },
        "public_metadata": {}, "private_metadata": {},
    })
}

fn role(now: i64) -> Value {
    json!({
        "id": identifier("role_"), "object": "role", "key": "org:billing", "name": "Billing",
        "description": "Pays the bills", "permissions": [timed(now, permission())], "is_creator_eligible": false,
    })
}

fn permission() -> Value {
    json!({
        "id": identifier("perm_"), "object": "permission", "key": "org:invoices:read", "name": "Read invoices",
        "description": "Sees all invoices", "type": "user",
    })
}

fn email() -> Value {
    json!({
        "id": identifier("ema_"), "object": "email", "slug": "verification_code", "from_email_name": "notifications",
        "email_address_id": identifier("idn_"), "to_email_address": "ada@example.com", "user_id": null,
        "subject": "000000 is your verification code", "body": "<p>000000</p>", "body_plain": "000000",
        "status": "queued", "delivered_by_clerk": true, "data": {"otp_code": "000000"},
    })
}

fn sms() -> Value {
    json!({
        "id": identifier("sms_"), "object": "sms_message", "slug": "verification_code",
        "from_phone_number": "+15555550199", "phone_number_id": identifier("idn_"), "to_phone_number": "+15555550100", "user_id": null,
        "message": "000000 is your verification code", "status": "queued", "delivered_by_clerk": true,
        "data": {"otp_code": "000000"},
    })
}

fn waitlist_entry() -> Value {
    json!({
        "id": identifier("wle_"), "object": "waitlist_entry", "email_address": "ada@example.com", "status": "pending",
        "invitation": null, "is_locked": false,
    })
}
