/**
 * What stands at `/` until the page is there: a checkout builds it beside the server. Plain, because the content policy
 * allows nothing inline; it reloads by itself and keeps the fragment of its address.
 */
export const MISSING_PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta http-equiv="refresh" content="2" />
    <meta name="color-scheme" content="light dark" />
    <title>Pipit</title>
  </head>
  <body>
    <h1>The page is being built</h1>
    <p>The Pipit server runs. Its page appears here by itself, usually in less than half a minute.</p>
    <p>Still nothing? Then it is not built here: run <code>npm run build</code> in Pipit's folder.</p>
    <h1 lang="ru">Страница собирается</h1>
    <p lang="ru">Сервер Pipit работает. Страница появится здесь сама, обычно меньше чем через полминуты.</p>
    <p lang="ru">Не появилась? Значит, здесь её никто не собирает: выполните <code>npm run build</code> в папке Pipit.</p>
  </body>
</html>
`;
