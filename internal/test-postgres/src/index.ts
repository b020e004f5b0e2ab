export * from "./EmbeddedPostgres.ts"
export * from "./testPostgres.ts"
