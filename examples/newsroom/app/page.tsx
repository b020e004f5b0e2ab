import Link from "next/link"
import { type ArticleState, articlesOf } from "../server/articles.ts"
import { currentUser } from "../server/session.ts"
import { AssignmentForm } from "./AssignmentForm.tsx"

const standing = ({ published, status }: ArticleState): string => {
  if (published === undefined) return status
  return published === true ? "published" : "not published"
}

/** Asks for an article, and lists those that one may see. */
const Page = async () => {
  const user = await currentUser()
  const articles = user === undefined ? [] : await articlesOf(user)
  return (
    <>
      <h1>Newsroom</h1>
      {user === undefined ? <p>Say who you are to ask for an article.</p> : <AssignmentForm />}
      <ul>
        {articles.map((article) => (
          <li key={article.id}>
            <Link href={`/articles/${article.id}`}>{article.topic}</Link>, for {article.author}:{" "}
            {standing(article)}
          </li>
        ))}
      </ul>
    </>
  )
}

export default Page
