//! An origin in axum: the layout of `tests/origins/origins.mjs`, by its router, and else by the path that its extractor
//! decodes, as a server of documents would look one up. Prints its port, and ends with its standard input.

use std::io::Read as _;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::get;
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("{}", listener.local_addr()?.port());
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    axum::serve(listener, router()).await
}

fn router() -> Router {
    Router::new()
        .route("/api/admin", get("served:protected\n"))
        .route("/api/admin/{*rest}", get("served:protected\n"))
        .route("/api/tasks", get("served:protected\n"))
        .route("/api/tasks/{*rest}", get("served:protected\n"))
        .route("/api/public/{*rest}", get("served:public\n"))
        .route("/public/{*rest}", get("served:public\n"))
        .route("/api/orders", get("served:member\n"))
        .route("/{*path}", get(document))
}

async fn document(Path(path): Path<String>) -> (StatusCode, &'static str) {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            _ => segments.push(segment),
        }
    }
    match segments.as_slice() {
        ["api", "admin" | "tasks", ..] => (StatusCode::OK, "served:protected\n"),
        ["api", "public", _, ..] | ["public", _, ..] => (StatusCode::OK, "served:public\n"),
        ["api", "orders"] => (StatusCode::OK, "served:member\n"),
        _ => (StatusCode::NOT_FOUND, "nothing\n"),
    }
}
