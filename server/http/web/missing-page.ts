/** What stands at `/` until the page was built; plain, because the content policy allows nothing inline. */
export const MISSING_PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>Pipit</title>
  </head>
  <body>
    <h1>The page is not built yet</h1>
    <p>This Pipit server runs, but its page is missing. Run <code>npm run build</code> in Pipit's folder, then reload.</p>
    <p lang="ru">Сервер Pipit работает, но его страница ещё не собрана. Выполните <code>npm run build</code> в папке Pipit и обновите страницу.</p>
  </body>
</html>
`;
