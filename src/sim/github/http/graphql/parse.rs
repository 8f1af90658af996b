//! Reads the part of GraphQL that queries use: selections, aliases, arguments, variables, inline
//! fragments. No directives, no named fragments, no mutations.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Deepest nesting accepted, so that no query exhausts the stack.
const MAX_DEPTH: usize = 24;

/// One selected field.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    pub(super) alias: String,
    pub(super) name: String,
    pub(super) args: BTreeMap<String, Value>,
    pub(super) fields: Vec<Self>,
}

/// Parses a query and puts the variables in. The error is a sentence.
pub(super) fn parse(text: &str, variables: &Map<String, Value>) -> Result<Vec<Field>, String> {
    let tokens = tokens(text)?;
    let mut parser = Parser {
        tokens,
        at: 0,
        variables,
    };
    if !parser.peek_is("{") {
        match parser.name()?.as_str() {
            "query" => {}
            other => return Err(format!("Expected a query, found {other:?}")),
        }
        while !parser.peek_is("{") {
            // The name and the declared types of variables do not matter here.
            parser.next()?;
        }
    }
    parser.selection(0)
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Mark(&'static str),
    Name(String),
    Number(String),
    Text(String),
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    const MARKS: [&str; 11] = ["...", "{", "}", "(", ")", "[", "]", ":", "$", "!", "="];
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first.is_whitespace() || first == ',' || first == '\u{feff}' {
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        } else if first == '#' {
            rest = rest
                .find('\n')
                .and_then(|end| rest.get(end..))
                .unwrap_or_default();
        } else if first == '"' {
            let (value, left) = string(rest)?;
            found.push(Token::Text(value));
            rest = left;
        } else if let Some(mark) = MARKS.into_iter().find(|mark| rest.starts_with(mark)) {
            found.push(Token::Mark(mark));
            rest = rest.get(mark.len()..).unwrap_or_default();
        } else {
            let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '+' | '.');
            let end = rest.find(|c: char| !word(c)).unwrap_or(rest.len());
            let (taken, left) = rest.split_at(end);
            if taken.is_empty() {
                return Err(format!("Unexpected character {first:?}"));
            }
            let number = taken.starts_with(|c: char| c.is_ascii_digit() || c == '-');
            let taken = taken.to_owned();
            found.push(if number {
                Token::Number(taken)
            } else {
                Token::Name(taken)
            });
            rest = left;
        }
    }
    Ok(found)
}

/// Reads a quoted string; its escapes are those of JSON.
fn string(text: &str) -> Result<(String, &str), String> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if c == '"' && !escaped {
            let (quoted, rest) = text.split_at(at + 1);
            let value = serde_json::from_str(quoted).map_err(|e| e.to_string())?;
            return Ok((value, rest));
        }
        escaped = c == '\\' && !escaped;
    }
    Err("Unterminated string".to_owned())
}

struct Parser<'a> {
    tokens: Vec<Token>,
    at: usize,
    variables: &'a Map<String, Value>,
}

impl Parser<'_> {
    fn next(&mut self) -> Result<Token, String> {
        let token = self
            .tokens
            .get(self.at)
            .cloned()
            .ok_or("Unexpected end of query")?;
        self.at += 1;
        Ok(token)
    }

    fn peek_is(&self, mark: &str) -> bool {
        matches!(self.tokens.get(self.at), Some(Token::Mark(found)) if *found == mark)
    }

    fn accept(&mut self, mark: &str) -> bool {
        let found = self.peek_is(mark);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, mark: &str) -> Result<(), String> {
        if self.accept(mark) {
            Ok(())
        } else {
            Err(format!("Expected {mark:?}"))
        }
    }

    fn name(&mut self) -> Result<String, String> {
        match self.next()? {
            Token::Name(name) => Ok(name),
            other => Err(format!("Expected a name, found {other:?}")),
        }
    }

    fn selection(&mut self, depth: usize) -> Result<Vec<Field>, String> {
        if depth > MAX_DEPTH {
            return Err(format!("Query is nested deeper than {MAX_DEPTH}"));
        }
        self.expect("{")?;
        let mut fields = Vec::new();
        while !self.accept("}") {
            if self.accept("...") {
                if self.name()? != "on" {
                    return Err("Named fragments are not supported here".to_owned());
                }
                self.name()?;
                fields.extend(self.selection(depth + 1)?);
                continue;
            }
            fields.push(self.field(depth)?);
        }
        Ok(fields)
    }

    fn field(&mut self, depth: usize) -> Result<Field, String> {
        let alias = self.name()?;
        let name = if self.accept(":") {
            self.name()?
        } else {
            alias.clone()
        };
        let mut args = BTreeMap::new();
        if self.accept("(") {
            while !self.accept(")") {
                let arg = self.name()?;
                self.expect(":")?;
                args.insert(arg, self.value(depth)?);
            }
        }
        let fields = if self.peek_is("{") {
            self.selection(depth + 1)?
        } else {
            Vec::new()
        };
        Ok(Field {
            alias,
            name,
            args,
            fields,
        })
    }

    fn value(&mut self, depth: usize) -> Result<Value, String> {
        if depth > MAX_DEPTH {
            return Err(format!("Query is nested deeper than {MAX_DEPTH}"));
        }
        match self.next()? {
            Token::Text(text) => Ok(Value::String(text)),
            Token::Number(text) => serde_json::from_str(&text).map_err(|e| e.to_string()),
            Token::Name(word) => Ok(match word.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "null" => Value::Null,
                _ => Value::String(word),
            }),
            Token::Mark("$") => {
                let name = self.name()?;
                Ok(self.variables.get(&name).cloned().unwrap_or_default())
            }
            Token::Mark("[") => {
                let mut items = Vec::new();
                while !self.accept("]") {
                    items.push(self.value(depth + 1)?);
                }
                Ok(Value::Array(items))
            }
            Token::Mark("{") => {
                let mut members = Map::new();
                while !self.accept("}") {
                    let name = self.name()?;
                    self.expect(":")?;
                    members.insert(name, self.value(depth + 1)?);
                }
                Ok(Value::Object(members))
            }
            other @ Token::Mark(_) => Err(format!("Expected a value, found {other:?}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(text: &str) -> Result<Vec<Field>, String> {
        parse(text, json!({ "n": 7 }).as_object().unwrap())
    }

    #[test]
    fn aliases_arguments_variables_and_fragments_are_read() {
        let fields = read(
            r#"query Q($n:Int!) { p1: pull(number:$n, by:{f:UP d:[1 2]}, s:"a\"}") { ... on X { id } b } # end"#,
        );
        assert_eq!(fields, Err("Unexpected end of query".to_owned()));
        let fields = read(
            r#"query Q($n:Int!) { p1: pull(number:$n, by:{f:UP d:[1 2]}, s:"a\"}") { ... on X { id } b } }"#,
        )
        .unwrap();
        let field = &fields[0];
        assert_eq!((field.alias.as_str(), field.name.as_str()), ("p1", "pull"));
        assert_eq!(field.args["number"], json!(7));
        assert_eq!(field.args["by"], json!({ "f": "UP", "d": [1, 2] }));
        assert_eq!(field.args["s"], json!("a\"}"));
        let names: Vec<_> = field
            .fields
            .iter()
            .map(|field| field.name.as_str())
            .collect();
        assert_eq!(names, ["id", "b"]);
    }

    #[test]
    fn nonsense_is_an_error_and_never_a_panic() {
        for text in [
            "",
            "{",
            "mutation { a }",
            "{ a(",
            "{ a(b:) }",
            "{ \"x }",
            "{ ä¤ }",
            "{ a(b:-) }",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read(&"{a".repeat(1000)).is_err());
        assert!(read(&format!("{{a(b:{})}}", "[".repeat(100_000))).is_err());
    }
}
