//! The first delivery of a Notion subscription, which brings its token.

use serde_json::json;

use super::bench::{Bench, TOKEN, limits};

#[test]
fn the_token_is_kept_for_its_owner_alone_and_never_said() {
    let mut bench = Bench::with(limits(), None, None);
    let shake = |text: &str| json!({"verification_token": text}).to_string();
    assert_eq!(bench.send("/notion", &[], shake(TOKEN).as_bytes()), 200);
    let kept = std::fs::read_to_string(&bench.file).unwrap();
    assert_eq!(kept.trim_end(), TOKEN);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&bench.file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_eq!(bench.send("/notion", &[], shake(TOKEN).as_bytes()), 200);
    assert_eq!(
        bench.send("/notion", &[], shake("secret_another").as_bytes()),
        200
    );
    for at in 0..10 {
        let other = shake(&format!("secret_{at}"));
        let code = bench.send("/notion", &[], other.as_bytes());
        assert_eq!(code, if at < 2 { 200 } else { 429 }, "anybody can send one");
    }
    let told = bench.told.lock().unwrap().clone();
    assert_eq!(told.len(), 5);
    let file = bench.file.display().to_string();
    assert!(
        told.iter()
            .all(|text| text.contains(&file) && !text.contains("secret_"))
    );
    assert!(
        told[0].contains("PULSE_SYNC_NOTION_WEBHOOK_TOKEN"),
        "{}",
        told[0]
    );
    assert!(told[2].contains("replaces another"), "{}", told[2]);
    assert!(!bench.has_hints(), "nothing is signed yet");
}

#[test]
fn with_a_token_configured_there_is_no_other() {
    let bench = Bench::start(limits());
    let body = json!({"verification_token": "secret_of_somebody_else"}).to_string();
    assert_eq!(bench.send("/notion", &[], body.as_bytes()), 401);
    assert!(!bench.file.exists());
    let told = bench.told.lock().unwrap().concat();
    assert!(!told.contains("secret_"), "{told}");
}
