// A browser for the sign-in page: follows no redirect, keeps cookies, and comes back with the callback URL.
export async function signIn(address, username, password) {
  const cookies = new Map();
  const go = async (url, init = {}) => {
    const header = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { redirect: "manual", ...init, headers: { ...init.headers, cookie: header } });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
      if (value === '""') cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  };
  const login = (await go(address)).headers.get("location");
  const page = await (await go(login)).text();
  const action = /<form action="([^"]+)"/.exec(page)[1].replaceAll("&amp;", "&");
  const _csrf = /name="_csrf" value="([^"]+)"/.exec(page)[1];
  const response = await go(new URL(action, login), { method: "POST", body: new URLSearchParams({ _csrf, username, password }) });
  if (response.status !== 302) throw new Error(`sign-in: ${response.status}`);
  return new URL(response.headers.get("location"));
}
