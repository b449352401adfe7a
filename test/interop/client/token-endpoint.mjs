/** A token endpoint over https, as a company's login server has one: it gives tokens that Apache Kafka's unsecured validator takes. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** `asked` counts the tokens that it gave; each lasts `seconds`. */
export async function tokenEndpoint({ pfx, passphrase, seconds, id, secret }) {
  const endpoint = { asked: 0, url: '', close: () => server.close() }
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
  const server = createServer({ pfx: readFileSync(pfx), passphrase }, (request, response) => {
    request.resume()
    response.setHeader('Content-Type', 'application/json')
    if (request.headers.authorization !== authorization) {
      response.writeHead(401).end(JSON.stringify({ error: 'invalid_client', error_description: secret }))
      return
    }
    endpoint.asked++
    const now = Math.floor(Date.now() / 1000)
    const token = `${part({ alg: 'none' })}.${part({ sub: 'alice', iat: now, exp: now + seconds })}.`
    response.end(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: seconds }))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  endpoint.url = `https://localhost:${server.address().port}/token`
  return endpoint
}
