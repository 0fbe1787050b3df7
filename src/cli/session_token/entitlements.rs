//! Features, plans and permissions as a version 2 token packs them: `fea`, `pla`, `o.per` and `o.fpm`.
//!
//! A permission is a bit: of the mask of its feature (the i-th mask belongs to the i-th organization feature of `fea`)
//! the k-th bit, lowest first, stands for the k-th name of `per`. Source: Clerk docs, "Session tokens".

use super::TokenError;

/// Most different permission names of one token: the bits of the widest integer at hand.
const PERMISSION_NAMES: usize = u128::BITS as usize;

/// The packed claims; `None` where there is nothing to pack, as Clerk leaves the claim out.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entitlements {
    pub(super) fea: Option<String>,
    pub(super) per: Option<String>,
    pub(super) fpm: Option<String>,
}

/// One feature with the scopes that have it.
struct Feature<'a> {
    name: &'a str,
    organization: bool,
    user: bool,
    mask: u128,
}

/// Packs `features` and `permissions`. A feature without a scope belongs to the organization if there is an active one.
pub(super) fn pack(features: &[String], permissions: &[String], active: bool) -> Result<Entitlements, TokenError> {
    let mut packed: Vec<Feature<'_>> = Vec::new();
    for text in features {
        let (scope, name) = split_scope(text, active).ok_or_else(|| TokenError::Feature(text.clone()))?;
        let feature = entry(&mut packed, name);
        feature.organization |= scope.contains('o');
        feature.user |= scope.contains('u');
    }
    let mut names: Vec<&str> = Vec::new();
    for text in permissions {
        let (feature, name) = split_permission(text).ok_or_else(|| TokenError::Permission(text.clone()))?;
        let bit = names.iter().position(|known| *known == name).unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        });
        if bit >= PERMISSION_NAMES {
            return Err(TokenError::TooManyPermissions(PERMISSION_NAMES));
        }
        let feature = entry(&mut packed, feature);
        feature.organization = true;
        feature.mask |= 1 << bit;
    }
    Ok(Entitlements {
        fea: join(packed.iter().map(Feature::packed)),
        per: join(names.iter().map(|name| (*name).to_owned())),
        fpm: join(packed.iter().filter(|feature| feature.organization).map(|feature| feature.mask.to_string()))
            .filter(|_| !names.is_empty()),
    })
}

/// A plan with its scope: `o:pro`, `u:free`.
pub(super) fn pack_plan(plan: &str, active: bool) -> Result<String, TokenError> {
    match split_scope(plan, active) {
        Some((scope @ ("o" | "u"), name)) => Ok(format!("{scope}:{name}")),
        _ => Err(TokenError::Plan(plan.to_owned())),
    }
}

/// A permission as a version 1 token lists it: `org:feature:permission`.
pub(super) fn full_permission(permission: &str) -> Result<String, TokenError> {
    let (feature, name) = split_permission(permission).ok_or_else(|| TokenError::Permission(permission.to_owned()))?;
    Ok(format!("org:{feature}:{name}"))
}

impl Feature<'_> {
    fn packed(&self) -> String {
        let organization = if self.organization { "o" } else { "" };
        let user = if self.user { "u" } else { "" };
        format!("{organization}{user}:{}", self.name)
    }
}

fn entry<'list, 'text>(features: &'list mut Vec<Feature<'text>>, name: &'text str) -> &'list mut Feature<'text> {
    let index = features.iter().position(|feature| feature.name == name).unwrap_or_else(|| {
        features.push(Feature { name, organization: false, user: false, mask: 0 });
        features.len() - 1
    });
    &mut features[index]
}

fn split_scope(text: &str, active: bool) -> Option<(&str, &str)> {
    let bare = if active { "o" } else { "u" };
    let (scope, name) = text.split_once(':').unwrap_or((bare, text));
    (matches!(scope, "o" | "u" | "ou" | "uo") && is_name(name)).then_some((scope, name))
}

fn split_permission(text: &str) -> Option<(&str, &str)> {
    let (feature, name) =
        text.strip_prefix("org:").filter(|rest| rest.contains(':')).unwrap_or(text).split_once(':')?;
    (is_name(feature) && is_name(name)).then_some((feature, name))
}

/// A comma or a colon in a name would change the meaning of the names beside it.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

fn join(parts: impl Iterator<Item = String>) -> Option<String> {
    let parts: Vec<String> = parts.collect();
    (!parts.is_empty()).then(|| parts.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(features: &[&str], permissions: &[&str], active: bool) -> Result<[String; 3], TokenError> {
        let owned = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let Entitlements { fea, per, fpm } = pack(&owned(features), &owned(permissions), active)?;
        Ok([fea, per, fpm].map(Option::unwrap_or_default))
    }

    #[test]
    fn permissions_become_bits_of_their_features_mask() {
        let permissions = ["dashboard:manage", "dashboard:read", "teams:read"];
        assert_eq!(packed(&[], &permissions, true).unwrap(), ["o:dashboard,o:teams", "manage,read", "3,2"]);
    }

    #[test]
    fn a_users_feature_has_no_mask() {
        let features = ["u:beta", "reports", "ou:export"];
        let expected = ["u:beta,o:reports,ou:export", "read", "0,1"];
        assert_eq!(packed(&features, &["org:export:read"], true).unwrap(), expected);
    }

    #[test]
    fn a_permission_makes_its_feature_the_organizations_too() {
        assert_eq!(packed(&["u:beta"], &["beta:use"], true).unwrap(), ["ou:beta", "use", "1"]);
    }

    #[test]
    fn without_an_organization_a_bare_feature_is_the_users() {
        assert_eq!(packed(&["beta"], &[], false).unwrap(), ["u:beta", "", ""]);
        assert_eq!(packed(&[], &[], false).unwrap(), ["", "", ""]);
    }

    #[test]
    fn the_128th_permission_name_is_the_last() {
        let names: Vec<String> = (0..129).map(|index| format!("f:p{index}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(packed(&[], &names[..128], true).unwrap()[2], u128::MAX.to_string());
        assert_eq!(packed(&[], &names, true), Err(TokenError::TooManyPermissions(128)));
    }

    #[test]
    fn what_would_change_its_neighbours_is_refused() {
        for bad in ["", "a", ":a", "a:", "a:b,c", "a:b:c", "a b:c", "org::x"] {
            assert_eq!(packed(&[], &[bad], true), Err(TokenError::Permission(bad.to_owned())), "{bad}");
        }
        for bad in ["", "o:", "x:a", "o:a:b", "a,b"] {
            assert_eq!(packed(&[bad], &[], true), Err(TokenError::Feature(bad.to_owned())), "{bad}");
        }
        assert_eq!(pack_plan("ou:pro", true), Err(TokenError::Plan("ou:pro".to_owned())));
    }

    #[test]
    fn a_bare_plan_belongs_to_whoever_is_active() {
        assert_eq!(pack_plan("pro", true).unwrap(), "o:pro");
        assert_eq!(pack_plan("pro", false).unwrap(), "u:pro");
        assert_eq!(pack_plan("u:free", true).unwrap(), "u:free");
    }

    #[test]
    fn a_permission_of_version_1_is_written_out() {
        assert_eq!(full_permission("teams:read").unwrap(), "org:teams:read");
        assert_eq!(full_permission("org:teams:read").unwrap(), "org:teams:read");
    }
}
