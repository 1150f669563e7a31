//! The API's description: OpenAPI 3.1 of every route, made of the table of routes (who may) and `openapi.toml` (what
//! for, with examples). A route that isn't described, or a description without a route, fails a test.

use serde::Deserialize;
use serde_json::Value;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{OperationBuilder, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, HttpMethod, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, PathsBuilder, Ref,
    RefOr, Required, Response, ResponseBuilder,
};

use crate::web::{Access, Route};

const TEXTS: &str = include_str!("openapi.toml");

/// What is said about one route.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// The method, in capitals.
    pub method: String,
    /// The path, with `{parameters}`.
    pub path: String,
    /// Other paths that are the same.
    #[serde(default)]
    pub also: Vec<String>,
    /// The chapter that it belongs to.
    pub tag: String,
    /// One line.
    pub summary: String,
    /// More, in Markdown.
    #[serde(default)]
    pub description: Option<String>,
    /// What stands in the address.
    #[serde(default)]
    pub parameter: Vec<Parameter>,
    /// An example of the body, as JSON.
    #[serde(default)]
    pub body: Option<String>,
    /// The status of success; 200 if left out.
    #[serde(default)]
    pub status: Option<u16>,
    /// An example of the answer: JSON, or text of the type `answer_type`.
    #[serde(default)]
    pub answer: Option<String>,
    /// The type of the answer; JSON if left out.
    #[serde(default)]
    pub answer_type: Option<String>,
    /// The statuses of refusals beside 401 and 503.
    #[serde(default)]
    pub refusals: Vec<u16>,
}

/// A value in the address.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What it is.
    pub text: String,
    /// An example.
    pub example: String,
    /// Whether it must be there; what stands in the path always must.
    #[serde(default)]
    pub required: bool,
}

#[derive(Deserialize)]
struct Texts {
    operation: Vec<Operation>,
}

/// All descriptions, one a path.
///
/// # Errors
/// What is wrong with the file that this program carries; a test keeps it right.
pub fn operations() -> Result<Vec<Operation>, toml::de::Error> {
    let Texts { operation } = toml::from_str(TEXTS)?;
    Ok(operation.into_iter().flat_map(expanded).collect())
}

fn expanded(operation: Operation) -> Vec<Operation> {
    let mut paths = vec![operation.path.clone()];
    paths.extend(operation.also.iter().cloned());
    let summary = |path: &str| match path == operation.path {
        true => operation.summary.clone(),
        false => format!("{} (as `{}`)", operation.summary, operation.path),
    };
    let each = paths.into_iter();
    each.map(|path| Operation { summary: summary(&path), path, also: Vec::new(), ..operation.clone() })
        .collect()
}

/// The document for these routes. The demo shop's pages are no part of the API.
///
/// # Errors
/// As [`operations`].
pub fn document(routes: &[Route]) -> Result<OpenApi, toml::de::Error> {
    let mut paths = PathsBuilder::new();
    for operation in operations()? {
        let found = routes
            .iter()
            .find(|route| route.path == operation.path && route.method.as_str() == operation.method);
        let (Some(route), Some(method)) = (found, http_method(&operation.method)) else { continue };
        paths = paths.path(&operation.path, PathItem::new(method, describe(&operation, route.access)));
    }
    let components = ComponentsBuilder::new()
        .schema("Problem", RefOr::T(problem()))
        .security_scheme("operator", bearer())
        .security_scheme("write_key", basic())
        .build();
    let info = InfoBuilder::new()
        .title("Equipoise")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Personalisation for shops that obeys consent. Errors are problem details (RFC 9457) with the mend in \
             `mend`. A write key stands in web pages and is no secret; the operator's token is one.",
        ))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    Ok(OpenApiBuilder::new().info(info).paths(paths.build()).components(Some(components)).build())
}

fn http_method(name: &str) -> Option<HttpMethod> {
    Some(match name {
        "GET" => HttpMethod::Get,
        "POST" => HttpMethod::Post,
        "PUT" => HttpMethod::Put,
        "PATCH" => HttpMethod::Patch,
        "DELETE" => HttpMethod::Delete,
        "OPTIONS" => HttpMethod::Options,
        _ => return None,
    })
}

fn describe(operation: &Operation, access: Access) -> utoipa::openapi::path::Operation {
    let Operation {
        method,
        path,
        also: _,
        tag,
        summary,
        description,
        parameter,
        body,
        status,
        answer,
        answer_type,
        refusals,
    } = operation;
    let mut built = OperationBuilder::new()
        .tag(tag)
        .summary(Some(summary))
        .description(description.as_ref())
        .operation_id(Some(operation_id(method, path)));
    for one in parameter {
        let Parameter { name, text, example, required } = one;
        let in_path = path.contains(&format!("{{{name}}}"));
        built = built.parameter(
            ParameterBuilder::new()
                .name(name)
                .parameter_in(if in_path { ParameterIn::Path } else { ParameterIn::Query })
                .required(if in_path || *required { Required::True } else { Required::False })
                .description(Some(text))
                .schema(Some(ObjectBuilder::new().schema_type(Type::String).build()))
                .example(Some(Value::String(example.clone()))),
        );
    }
    if let Some(body) = body {
        built = built.request_body(Some(
            RequestBodyBuilder::new()
                .required(Some(Required::True))
                .content("application/json", content(body))
                .build(),
        ));
    }
    let mut success = ResponseBuilder::new().description("It is done");
    if let Some(answer) = answer {
        success = success.content(answer_type.as_deref().unwrap_or("application/json"), content(answer));
    }
    built = built.response(status.unwrap_or(200).to_string(), success.build());
    let guarded: &[u16] = match access {
        Access::Operator | Access::Client => &[401],
        Access::Public | Access::Pages | Access::DataSubject | Access::Demo => &[],
    };
    for status in guarded.iter().chain(refusals).chain(&[503]) {
        built = built.response(status.to_string(), refusal(*status));
    }
    let none: [&str; 0] = [];
    built = match access {
        Access::Operator => built.security(SecurityRequirement::new("operator", none)),
        Access::Client => built
            .security(SecurityRequirement::new("write_key", none))
            .security(SecurityRequirement::new("operator", none)),
        Access::Public | Access::Pages | Access::DataSubject | Access::Demo => built,
    };
    built.build()
}

/// `POST /v1/keys/rotate` is `post_v1_keys_rotate`.
fn operation_id(method: &str, path: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let path: String = path.chars().filter(|c| !matches!(c, '{' | '}')).map(plain).collect();
    format!("{}{path}", method.to_lowercase())
}

fn refusal(status: u16) -> Response {
    let text = match status {
        400 => "The request can't be read, or not so",
        401 => "The key or token is missing or wrong",
        403 => "The key doesn't open this",
        404 => "There is no such thing",
        409 => "Something else stands in the way",
        413 => "Too much at once",
        503 => "The server is busy; the header `Retry-After` says when to try again",
        _ => "Refused",
    };
    let problem: RefOr<Schema> = RefOr::Ref(Ref::from_schema_name("Problem"));
    ResponseBuilder::new()
        .description(text)
        .content("application/problem+json", ContentBuilder::new().schema(Some(problem)).build())
        .build()
}

/// The example, and the schema that it has. Text that isn't JSON is a string.
fn content(example: &str) -> utoipa::openapi::Content {
    let value = serde_json::from_str(example).unwrap_or_else(|_| Value::String(example.to_owned()));
    ContentBuilder::new().schema(Some(schema(&value))).example(Some(value)).build()
}

/// The schema of an example. Nothing is required by it: what may be left out, the descriptions say.
fn schema(example: &Value) -> Schema {
    let of = |kind: Type| Schema::Object(ObjectBuilder::new().schema_type(kind).build());
    match example {
        Value::Null => Schema::Object(ObjectBuilder::new().schema_type(SchemaType::AnyValue).build()),
        Value::Bool(_) => of(Type::Boolean),
        Value::Number(number) if number.is_f64() => of(Type::Number),
        Value::Number(_) => of(Type::Integer),
        Value::String(_) => of(Type::String),
        Value::Array(items) => match items.first() {
            Some(first) => Schema::Array(ArrayBuilder::new().items(RefOr::T(schema(first))).build()),
            None => Schema::Array(ArrayBuilder::new().build()),
        },
        Value::Object(fields) => {
            let object = ObjectBuilder::new().schema_type(Type::Object);
            Schema::Object(
                fields
                    .iter()
                    .fold(object, |object, (name, value)| object.property(name, schema(value)))
                    .build(),
            )
        }
    }
}

fn problem() -> Schema {
    let text = |words: &str| ObjectBuilder::new().schema_type(Type::String).description(Some(words)).build();
    Schema::Object(
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("Problem details (RFC 9457)"))
            .property("type", text("A fixed word for programs: `urn:equipoise:problem:…`"))
            .property("title", text("The status in words"))
            .property("status", ObjectBuilder::new().schema_type(Type::Integer).build())
            .property("detail", text("What is wrong"))
            .property("mend", text("What to do"))
            .required("type")
            .required("title")
            .required("status")
            .required("detail")
            .required("mend")
            .build(),
    )
}

fn bearer() -> SecurityScheme {
    let text = "The operator's token, from the file `api.token` in the key directory";
    SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(text)).build())
}

fn basic() -> SecurityScheme {
    let text = "A write key from `intake.write_keys` as the user name, without a password";
    SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Basic).description(Some(text)).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_json_and_every_path_parameter_is_described() {
        for operation in operations().unwrap() {
            let name = format!("{} {}", operation.method, operation.path);
            let json = operation.answer_type.is_none();
            let examples = operation.body.iter().chain(operation.answer.iter().filter(|_| json));
            for example in examples {
                serde_json::from_str::<Value>(example).unwrap_or_else(|error| panic!("{name}: {error}"));
            }
            for part in operation.path.split('{').skip(1) {
                let parameter = part.split('}').next().unwrap();
                assert!(operation.parameter.iter().any(|one| one.name == parameter), "{name}: {parameter}");
            }
        }
    }

    #[test]
    fn a_schema_has_the_types_of_its_example() {
        let value = serde_json::to_value(schema(&serde_json::json!({"a": [1.5], "b": {"c": true}}))).unwrap();
        assert_eq!(value["properties"]["a"]["items"]["type"], "number");
        assert_eq!(value["properties"]["b"]["properties"]["c"]["type"], "boolean");
    }
}
