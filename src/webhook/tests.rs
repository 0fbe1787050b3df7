//! Each boundary of a delivery's check, and that nothing but the signed message passes it.

use proptest::prelude::*;

use super::*;

const NOW: i64 = 1_750_000_000;
const BODY: &[u8] = br#"{"type":"user.created"}"#;
const ID: &str = "msg_1";

/// A secret made for these tests: the bytes of a sentence.
fn secrets() -> WebhookSecrets {
    WebhookSecrets::parse(&secret_text("a secret for the tests, not Clerk's")).unwrap()
}

fn secret_text(key: &str) -> String {
    format!("whsec_{}", STANDARD.encode(key))
}

fn at(seconds: i64) -> UnixTime {
    UnixTime::from_seconds(seconds)
}

fn list(headers: &[(&str, &str)]) -> HeaderList {
    HeaderList::new(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

fn signature_now() -> String {
    secrets().sign(ID, at(NOW), BODY)
}

/// The verdict on a delivery with these headers, at the time it says.
fn verdict_of(id: &str, timestamp: &str, signature: &str) -> Result<DeliveryId, WebhookError> {
    let headers = list(&[("svix-id", id), ("svix-timestamp", timestamp), ("svix-signature", signature)]);
    UnverifiedDelivery::read(&headers, at(NOW))?.verify(&secrets(), BODY)
}

fn verdict(signature: &str) -> Result<DeliveryId, WebhookError> {
    verdict_of(ID, &NOW.to_string(), signature)
}

#[test]
fn a_signed_delivery_has_its_id() {
    assert_eq!(verdict(&signature_now()).map(|id| id.as_str().to_owned()), Ok(ID.to_owned()));
}

#[test]
fn a_timestamp_may_be_300_seconds_away_and_not_301() {
    for (away, expected) in [
        (-301, Err(WebhookError::Timestamp)),
        (-300, Ok(())),
        (0, Ok(())),
        (300, Ok(())),
        (301, Err(WebhookError::Timestamp)),
    ] {
        let signature = secrets().sign(ID, at(NOW + away), BODY);
        let verdict = verdict_of(ID, &(NOW + away).to_string(), &signature).map(|_| ());
        assert_eq!(verdict, expected, "{away}");
    }
}

#[test]
fn a_timestamp_is_digits_alone() {
    for timestamp in
        ["", " ", "-1", "+1750000000", "01750000000", "1750000000.0", "1.75e9", "0x1", "NaN", "1_750_000_000"]
    {
        assert_eq!(verdict_of(ID, timestamp, &signature_now()), Err(WebhookError::Headers), "{timestamp:?}");
    }
    for timestamp in ["1750000000 ", " 1750000000", "1750000000, 1750000000", "1750000000\0", "١٧٥٠٠٠٠٠٠٠"] {
        assert_eq!(verdict_of(ID, timestamp, &signature_now()), Err(WebhookError::Headers), "{timestamp:?}");
    }
    for timestamp in ["0", "1750000000000", "9223372036854775807", "9223372036854775808", "18446744075459551616"] {
        assert_eq!(verdict_of(ID, timestamp, &signature_now()), Err(WebhookError::Timestamp), "{timestamp}");
    }
}

#[test]
fn an_id_is_one_visible_word() {
    let long = "x".repeat(WEBHOOK_ID_BYTES + 1);
    for id in ["", " ", "msg_1, msg_1", "msg_1,msg_2", "msg 1", "msg_é", "msg_1\0", "msg_1.1750000000", &long] {
        let signature = secrets().sign(id, at(NOW), BODY);
        assert_eq!(verdict_of(id, &NOW.to_string(), &signature), Err(WebhookError::Headers), "{id:?}");
    }
    let id = &long[1..];
    assert!(verdict_of(id, &NOW.to_string(), &secrets().sign(id, at(NOW), BODY)).is_ok());
}

#[test]
fn attack_45_a_signature_is_whole_and_of_version_1() {
    let good = signature_now();
    let other = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    for signatures in [
        format!("{other} {good}"),
        format!("{good} {other}"),
        format!("v2,abc v1a,abc {good}"),
        format!("rubbish {good}"),
        format!(" {good} "),
    ] {
        assert!(verdict(&signatures).is_ok(), "{signatures}");
    }
    for signatures in [
        "v1",
        &good[..good.len() - 1],
        &good[..good.len() - 4],
        &good[3..],
        &good.replace("v1,", "v1a,"),
        &good.replace("v1,", "V1,"),
        &good.replace("v1,", "v1="),
        &format!("{good},x"),
        &format!("{other}\t{good}"),
        &good.replace('=', ""),
        &format!("{good}="),
        other,
    ] {
        assert_eq!(verdict(signatures), Err(WebhookError::Signature), "{signatures}");
    }
    for signatures in ["", " ", "v1,", &format!("{good}, {good}"), &format!("{good},")] {
        assert_eq!(verdict(signatures), Err(WebhookError::Headers), "{signatures}");
    }
}

#[test]
fn signatures_beyond_the_limit_are_not_looked_at() {
    let good = signature_now();
    let others = |count: usize| "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= ".repeat(count);
    assert!(verdict(&format!("{}{good}", others(WEBHOOK_SIGNATURES - 1))).is_ok());
    assert_eq!(verdict(&format!("{}{good}", others(WEBHOOK_SIGNATURES))), Err(WebhookError::Signature));
}

#[test]
fn either_family_of_headers_will_do_and_never_parts_of_both() {
    let (time, signature) = (NOW.to_string(), signature_now());
    let read = |headers: &[(&str, &str)]| {
        UnverifiedDelivery::read(&list(headers), at(NOW))?.verify(&secrets(), BODY).map(|_| ())
    };
    let svix = [("Svix-Id", ID), ("SVIX-TIMESTAMP", &time), ("svix-signature", &signature)];
    let webhook = [("webhook-id", ID), ("webhook-timestamp", &time), ("webhook-signature", &signature)];
    assert_eq!((read(&svix), read(&webhook)), (Ok(()), Ok(())));
    for headers in [
        vec![],
        [svix, webhook].concat(),
        [&svix[..], &webhook[..1]].concat(),
        [&svix[..1], &webhook[1..]].concat(),
        svix[1..].to_vec(),
        svix[..2].to_vec(),
        vec![svix[0], svix[2]],
        [&svix[..], &svix[..1]].concat(),
        [&svix[..], &svix[1..2]].concat(),
        [&svix[..], &svix[2..]].concat(),
    ] {
        assert_eq!(read(&headers), Err(WebhookError::Headers), "{headers:?}");
    }
}

#[test]
fn any_of_several_secrets_will_do() {
    let (old, new) = (secret_text("the old secret of a rotation"), secret_text("the new secret of a rotation"));
    let both = WebhookSecrets::parse(&format!("{old} {}", new.trim_start_matches("whsec_"))).unwrap();
    for signer in [&old, &new] {
        let signature = WebhookSecrets::parse(signer).unwrap().sign(ID, at(NOW), BODY);
        let headers = [("svix-id", ID), ("svix-timestamp", "1750000000"), ("svix-signature", &signature)];
        let delivery = UnverifiedDelivery::read(&list(&headers), at(NOW)).unwrap();
        assert!(delivery.verify(&both, BODY).is_ok());
        assert_eq!(delivery.verify(&secrets(), BODY), Err(WebhookError::Signature));
    }
    assert_eq!(both.sign(ID, at(NOW), BODY).split(' ').count(), 2);
}

#[test]
fn a_secret_that_is_empty_or_no_base64_is_none_and_none_shows_itself() {
    for text in ["", " ", "whsec_", "whsec_!!!!", "whsec_YQ", "whsec_YR==", "whpk_YQ=="] {
        assert_eq!(WebhookSecrets::parse(text).map(|_| ()), Err(SecretError), "{text:?}");
        assert!(WebhookSecrets::parse(&format!("whsec_YQ== {text}")).is_err() || text.trim().is_empty(), "{text:?}");
    }
    assert_eq!(format!("{:?}", secrets()), "WebhookSecrets(1 redacted)");
}

#[test]
fn a_body_may_be_as_long_as_the_limit_and_no_longer() {
    for (bytes, expected) in [(WEBHOOK_BODY_BYTES, Ok(())), (WEBHOOK_BODY_BYTES + 1, Err(WebhookError::BodyTooLarge))] {
        let body = vec![b'a'; bytes];
        let signature = secrets().sign(ID, at(NOW), &body);
        let headers = [("svix-id", ID), ("svix-timestamp", "1750000000"), ("svix-signature", &signature)];
        let delivery = UnverifiedDelivery::read(&list(&headers), at(NOW)).unwrap();
        assert_eq!(delivery.verify(&secrets(), &body).map(|_| ()), expected, "{bytes}");
    }
}

proptest! {
    #[test]
    fn one_flipped_bit_of_the_body_is_refused(body in proptest::collection::vec(any::<u8>(), 1..200), bit in any::<usize>()) {
        let signature = secrets().sign(ID, at(NOW), &body);
        let headers = [("svix-id", ID), ("svix-timestamp", "1750000000"), ("svix-signature", &signature)];
        let delivery = UnverifiedDelivery::read(&list(&headers), at(NOW)).unwrap();
        prop_assert!(delivery.verify(&secrets(), &body).is_ok());
        let mut flipped = body.clone();
        let bit = bit % (body.len() * 8);
        flipped[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(delivery.verify(&secrets(), &flipped), Err(WebhookError::Signature));
    }

    #[test]
    fn one_flipped_bit_of_the_headers_is_refused(bit in 0..8_usize, place in any::<usize>(), which in 0..3_usize) {
        let mut values = [ID.to_owned(), NOW.to_string(), signature_now()];
        let mut bytes = values[which].clone().into_bytes();
        let place = place % bytes.len();
        bytes[place] ^= 1 << bit;
        values[which] = String::from_utf8_lossy(&bytes).into_owned();
        prop_assert!(verdict_of(&values[0], &values[1], &values[2]).is_err(), "{:?}", values);
    }

    #[test]
    fn no_header_crashes(id in "\\PC{0,20}", timestamp in "[0-9]{0,30}|\\PC{0,9}", signature in "(v1,)?[A-Za-z0-9+/=, ]{0,99}") {
        let _ = verdict_of(&id, &timestamp, &signature);
    }
}
