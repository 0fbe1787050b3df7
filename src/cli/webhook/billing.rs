//! Examples of what the events of Clerk's billing hold: who pays, for which plan, and how much.

use serde_json::{Value, json};

use super::events::timed;
use crate::cli::identifier::identifier;

/// A month in milliseconds, near enough for an example.
const MONTH: i64 = 30 * 86_400_000;

/// What a `paymentAttempt` event holds.
pub(super) fn payment_attempt(verb: &str, now: i64) -> Value {
    let status = if verb == "updated" { "paid" } else { "pending" };
    let mut attempt = json!({
        "id": identifier("cpa_"), "object": "commerce_payment_attempt", "instance_id": identifier("ins_"),
        "payment_id": identifier("cpmt_"), "statement_id": identifier("cstmt_"), "gateway_external_id": "pi_example",
        "status": status, "billing_date": now, "charge_type": "recurring", "payer": payer(now),
        "payee": {
            "id": identifier("cpayee_"), "gateway_type": "stripe", "gateway_external_id": "acct_example",
            "gateway_status": "active",
        },
        "totals": {"subtotal": money(1000), "tax_total": money(0), "grand_total": money(1000)},
        "payment_source": {
            "id": identifier("csrc_"), "gateway": "stripe", "gateway_external_id": "pm_example",
            "payment_method": "card", "status": "active", "card_type": "visa", "last4": "4242",
        },
        "subscription_items": [timed(now, item("active", now))],
    });
    if status == "paid" {
        attempt["paid_at"] = now.into();
    }
    attempt
}

/// What a `subscription` event holds.
pub(super) fn subscription(verb: &str, now: i64) -> Value {
    let payer = payer(now);
    let mut subscription = json!({
        "id": identifier("csub_"), "object": "commerce_subscription", "status": status(verb), "active_at": now,
        "payer_id": payer["id"], "payer": payer, "payment_source_id": identifier("csrc_"),
        "latest_payment_id": identifier("cpmt_"), "items": [timed(now, item(verb, now))],
    });
    if verb == "pastDue" {
        subscription["past_due_at"] = now.into();
    }
    subscription
}

/// What a `subscriptionItem` event holds.
pub(super) fn item(verb: &str, now: i64) -> Value {
    let plan = plan();
    let mut item = json!({
        "id": identifier("csi_"), "object": "commerce_subscription_item", "status": status(verb),
        "plan_period": "month", "period_start": now, "period_end": now + MONTH, "proration_date": now.to_string(),
        "plan_id": plan["id"], "plan": plan, "payer": payer(now), "amount": money(1000),
        "credit": {
            "amount": money(0), "cycle_days_remaining": 30, "cycle_days_total": 30, "cycle_remaining_percent": 100,
        },
        "lifetime_paid": 1000, "next_payment_amount": 1000, "next_payment_date": now + MONTH,
    });
    match verb {
        "canceled" => item["canceled_at"] = now.into(),
        "pastDue" => item["past_due_at"] = now.into(),
        _ => {}
    }
    item
}

fn status(verb: &str) -> &str {
    match verb {
        "pastDue" => "past_due",
        "created" | "updated" | "freeTrialEnding" => "active",
        status => status,
    }
}

fn payer(now: i64) -> Value {
    timed(
        now,
        json!({
            "id": identifier("cpayer_"), "object": "commerce_payer", "instance_id": identifier("ins_"),
            "user_id": identifier("user_"), "first_name": "Ada", "last_name": "Example", "email": "ada@example.com",
            "image_url": "https://img.clerk.com/example",
        }),
    )
}

fn plan() -> Value {
    json!({
        "id": identifier("cplan_"), "object": "commerce_plan", "instance_id": identifier("ins_"),
        "product_id": identifier("cprod_"), "name": "Pro", "slug": "pro", "description": "For teams",
        "is_default": false, "is_recurring": true, "amount": 1000, "period": "month", "interval": 1,
        "has_base_fee": true, "currency": "USD", "annual_monthly_amount": 800, "publicly_visible": true,
    })
}

/// An amount in cents.
fn money(amount: i64) -> Value {
    let formatted = format!("{}.{:02}", amount / 100, amount % 100);
    json!({"amount": amount, "amount_formatted": formatted, "currency": "USD", "currency_symbol": "$"})
}
