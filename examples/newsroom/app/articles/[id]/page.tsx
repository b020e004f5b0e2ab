import { Article } from "./Article.tsx"

/** Shows one article. */
const Page = async ({ params }: { readonly params: Promise<{ readonly id: string }> }) => {
  const { id } = await params
  return <Article id={id} />
}

export default Page
