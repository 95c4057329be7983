//! The API in OpenAPI's words, by hand: a dozen addresses do not need a generator. A test holds it against the router.

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
            "/api/takes": { "get": answer("What was tried and what came of it; take 0 is the robot alone.", &array()) },
            "/api/takes/{number}/report": { "parameters": [number()], "get": answer("The report of a take, made from a replay to the same bits.", &html) },
            "/api/takes/{number}/session": { "parameters": [number()], "get": answer("The orders of a take, for `proband rehearse venipuncture --replay`.", &text) },
            "/api/patients": {
                "get": answer("Whom the studio can open.", &array()),
                "post": job_answer("Make a twin from a record in the body, FHIR R4 as JSON or as lines of JSON. Names, addresses and dates do not stay.")
            },
            "/api/patients/{number}": { "parameters": [number()], "get": answer("What the twin of one knows: 5 %, 50 %, 95 % of each parameter [SI], with its source.", &object()) },
            "/api/jobs": {
                "get": answer("All jobs.", &array()),
                "post": job_answer("`{\"sample\": {\"seed\": 1, \"number\": 0}}`: a member of the population of adults. `{\"cohort\": {\"seed\": 1, \"count\": 50}}`: the robot on so many of them.")
            },
            "/api/jobs/{number}": { "parameters": [number()],
                "get": answer("How far a job is, and its result.", &object()),
                "delete": answer("Ask a job to stop.", &object())
            },
            "/api/trial": { "get": answer("Evidence report of the trial whose patients are on the list.", &html) },
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

fn array() -> Value {
    json!({ "application/json": { "schema": { "type": "array" } } })
}

fn job_answer(summary: &str) -> Value {
    json!({ "summary": summary, "responses": {
        "202": { "description": "the job, begun", "content": object() }, "400": { "description": "not that" }, "429": { "description": "too many jobs run" }
    } })
}

fn number() -> Value {
    json!({ "name": "number", "in": "path", "required": true, "schema": { "type": "integer", "minimum": 0 } })
}

fn answer(summary: &str, content: &Value) -> Value {
    json!({ "summary": summary, "responses": { "200": { "description": "ok", "content": content }, "403": { "description": "refused" } } })
}
