export * from "./EmbeddedPostgres.ts"
export * from "./PostgresTraffic.ts"
export * from "./testPostgres.ts"
