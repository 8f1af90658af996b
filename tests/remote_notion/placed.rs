//! Every field form in every type of property that takes it, there and back through the small Notion.

use pulse_sync::core::mapping::Placement;
use pulse_sync::core::{FieldKey, PropertyKind, Value};
use pulse_sync::remote::Remote;
use pulse_sync::remote::notion::{NotionConfig, NotionRemote};

use pulse_sync::sim::notion::Id;

use crate::world::{World, account, change, create, draft, field, get, standard, text, world};

/// A field of each form, two values that it may have, and what it shows when it is emptied.
fn samples() -> Vec<(&'static str, [Value; 2], Value)> {
    let numbers = [Value::Number(7), Value::Number(-12)];
    let dates = [text("2026-01-02T03:04:05Z"), text("2026-02-03")];
    let urls = [text("https://a.b/c"), text("https://a.b/d?e=f")];
    let names = [Value::set(["bug", "idea"]), Value::set(["a\u{201A} b"])];
    let none = Value::set([""; 0]);
    vec![
        (
            "author",
            [text("ada"), text("grace, the second")],
            Value::Null,
        ),
        ("comments", numbers, Value::Null),
        ("created", dates, Value::Null),
        ("url", urls, Value::Null),
        ("milestone", [text("v1"), text("v2")], Value::Null),
        ("labels", names, none),
        ("state", [text("Done"), text("Not started")], Value::Null),
    ]
}

fn placed_at(world: &World, key: &'static str, kind: PropertyKind) -> NotionRemote {
    let token = world.service().world.token.clone();
    let account = account(&world.running.url, &token, &world.clock);
    let mut config = NotionConfig::new(account, world.database.to_string(), standard());
    let placement = Placement {
        property: Some("Elsewhere".to_owned()),
        kind: Some(kind),
        ..Placement::default()
    };
    let mut mapping = standard();
    mapping.place(None, &FieldKey::of(key), &placement);
    config.mapping = mapping;
    NotionRemote::new(config)
}

#[tokio::test]
async fn a_value_comes_back_as_it_was_from_every_type_that_takes_it() {
    for (key, [first, second], emptied) in samples() {
        let mapping = standard();
        let kinds = [
            pulse_sync::core::Kind::Issue,
            pulse_sync::core::Kind::Commit,
        ];
        let form = kinds
            .iter()
            .find_map(|kind| {
                let mut bound = mapping.bound(*kind).iter();
                bound.find(|bound| bound.field.key.as_str() == key)
            })
            .map(|bound| bound.form)
            .unwrap();
        for kind in form.fitting() {
            let world = world().await;
            let remote = placed_at(&world, key, *kind);
            remote.open(None, true).await.unwrap();
            let column = {
                let service = world.service();
                let column = service.world.property(world.source, "Elsewhere");
                column.map(|column| column.kind.name())
            };
            assert_eq!(column, Some(kind.api_name()), "{key}");
            let answer = create(
                &remote,
                draft(&[("title", text("One")), (key, first.clone())]),
            )
            .await
            .unwrap();
            let page = Id::parse(&answer.post.id.node).unwrap();
            let seen = get(&remote, page).await;
            // A select takes no comma; what stands for one stays what it is.
            let said = |value: &Value| match (kind, value) {
                (PropertyKind::Select, Value::Text(name)) => text(&name.replace(',', "\u{201A}")),
                _ => value.clone(),
            };
            assert_eq!(field(&seen, key), Some(said(&first)), "{key} in {kind:?}");
            change(&remote, &seen, &[(key, second.clone())])
                .await
                .unwrap();
            let seen = get(&remote, page).await;
            assert_eq!(field(&seen, key), Some(said(&second)), "{key} in {kind:?}");
            if key != "state" {
                change(&remote, &seen, &[(key, emptied.clone())])
                    .await
                    .unwrap();
                let seen = get(&remote, page).await;
                assert_eq!(
                    field(&seen, key),
                    Some(emptied.clone()),
                    "{key} in {kind:?}"
                );
            }
        }
    }
}
