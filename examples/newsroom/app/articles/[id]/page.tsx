import { maySee } from "../../../server/access.ts"
import { assignmentOf } from "../../../server/assignment.ts"
import { currentUser } from "../../../server/session.ts"
import { Article } from "./Article.tsx"

/** Shows one article to those who may see it. */
const Page = async ({ params }: { readonly params: Promise<{ readonly id: string }> }) => {
  const { id } = await params
  const user = await currentUser()
  if (user === undefined) return <p>Say who you are to see this article.</p>
  const assignment = (await maySee(user, id)) ? await assignmentOf(id) : undefined
  // Whose it is, and whether there is one at all, is nobody else's business.
  if (assignment === undefined) return <p>There is no such article, or it is not yours to see.</p>
  return (
    <>
      <h1>{assignment.topic}</h1>
      <p>for {assignment.author}</p>
      <Article id={id} mayDecide={user.edits} />
    </>
  )
}

export default Page
