//! The API in OpenAPI's words, by hand: seven addresses do not need a generator. A test holds it against the router.

use serde_json::{Value, json};

/// The document.
pub(crate) fn document() -> Value {
    let html = json!({ "text/html": {} });
    let text = json!({ "application/toml": {} });
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "proband studio",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "One live scene on this machine. SI units; the patient frame is LPS with its origin on the elbow crease. Not a medical device."
        },
        "paths": {
            "/api/openapi.json": { "get": answer("This document.", &object()) },
            "/api/scene": { "get": answer("What does not change: skin, vessels, nerves, bones [m], names of phases and signals.", &object()) },
            "/api/controls": { "get": answer("The controls as they stand, as the message `take` wants them.", &object()) },
            "/api/takes": { "get": answer("What was tried and what came of it; take 0 is the robot alone.", &json!({ "application/json": { "schema": { "type": "array" } } })) },
            "/api/takes/{number}/report": { "parameters": [number()], "get": answer("The report of a take, made from a replay to the same bits.", &html) },
            "/api/takes/{number}/session": { "parameters": [number()], "get": answer("The orders of a take, for `proband rehearse venipuncture --replay`.", &text) },
            "/ws": { "get": {
                "summary": "WebSocket: binary state frames out, each to be answered with the text `seen`; JSON requests in, each answered with the tick at which it acts.",
                "responses": { "101": { "description": "switching protocols" }, "403": { "description": "not the studio's own page, or no token" } }
            } }
        }
    })
}

fn object() -> Value {
    json!({ "application/json": { "schema": { "type": "object" } } })
}

fn number() -> Value {
    json!({ "name": "number", "in": "path", "required": true, "schema": { "type": "integer", "minimum": 0 } })
}

fn answer(summary: &str, content: &Value) -> Value {
    json!({ "summary": summary, "responses": { "200": { "description": "ok", "content": content }, "403": { "description": "refused" } } })
}
