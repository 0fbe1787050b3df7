//! What an origin gets of a request's headers, what it does not, and what it gets besides.

use serde::Serialize;

use crate::assertion;
use crate::gateway::{Forward, Verdict};
use crate::head::Head;
use crate::headers::{Dropped, Fate, is_hop_by_hop, is_owned};

/// Headers on their way to an origin.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HeaderStory {
    /// The names that go on.
    pub kept: Vec<String>,
    /// Those that do not.
    pub dropped: Vec<DroppedHeader>,
    /// Those that the gateway sets.
    pub added: Vec<AddedHeader>,
}

/// A header that stays here.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DroppedHeader {
    /// Its name.
    pub name: String,
    /// Why.
    pub why: &'static str,
}

/// A header that the gateway sets.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AddedHeader {
    /// Its name.
    pub name: String,
    /// Its value; of an assertion, which is a token, not even a part.
    pub value: String,
}

impl HeaderStory {
    /// The headers of a request that goes on; `None` of one that does not.
    pub(super) fn of(head: &Head, verdict: &Verdict<'_>) -> Option<Self> {
        let forward = match verdict {
            Verdict::Forward(forward) => forward,
            Verdict::Upgrade(upgrade) => &upgrade.forward,
            Verdict::Serve(serve) => serve.request.as_ref()?,
            Verdict::Webhook(webhook) => webhook.forward(),
            Verdict::Deliver(delivery) => &delivery.forward,
            Verdict::Preflight(_) | Verdict::AssertionKeys(_) | Verdict::Repeat | Verdict::Refuse(_) => return None,
        };
        let mut story = Self { kept: Vec::new(), dropped: Vec::new(), added: added(forward) };
        head.headers.tell_fates(forward.route.forward_token, |name, _, fate| {
            let goes_on = forward.headers.iter().any(|(held, _)| held.eq_ignore_ascii_case(name));
            let why = match fate {
                Fate::Dropped(reason) => Some(why(reason)),
                Fate::Kept | Fate::Trimmed(_) if !goes_on => Some("made anew for the origin"),
                Fate::Kept | Fate::Trimmed(_) => None,
            };
            let name = name.to_owned();
            match why {
                Some(why) => story.dropped.push(DroppedHeader { name, why }),
                None if matches!(fate, Fate::Trimmed(_)) => story.kept.push(format!("{name} (without Clerk's)")),
                None => story.kept.push(name),
            }
        });
        Some(story)
    }
}

/// The gateway's own, which are told by their names: nothing that came has such a name any more.
fn added(forward: &Forward<'_>) -> Vec<AddedHeader> {
    let ours = forward.headers.iter().filter(|(name, _)| is_owned(name) || is_hop_by_hop(name));
    ours.map(|(name, value)| AddedHeader {
        name: name.clone(),
        value: if name == assertion::HEADER { "(signed)".to_owned() } else { value.clone() },
    })
    .collect()
}

const fn why(reason: Dropped) -> &'static str {
    match reason {
        Dropped::Owned => "the gateway's own name, which no caller may set",
        Dropped::HopByHop => "ends at this hop",
        Dropped::Listed => "listed in Connection, so it ends at this hop",
        Dropped::Credentials => "holds the caller's token alone",
        Dropped::Host => "the origin has its own",
    }
}
