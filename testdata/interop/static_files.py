"""Serves a file by Starlette, which knows Range and If-Range: static_files.py FILE.

The first answer stops in the middle, and goes on for nobody. /half answers once it has
come so far, /asked with what each request for /file said and got.
"""

import os
import sys

import anyio
import uvicorn
from starlette.applications import Starlette
from starlette.responses import FileResponse, JSONResponse
from starlette.routing import Route

asked = []


class Halting(FileResponse):
    """Stops in the middle."""

    async def __call__(self, scope, receive, send):
        left = os.path.getsize(self.path) // 2

        async def some(message):
            nonlocal left
            await send(message)
            left -= len(message.get("body", b""))
            if left <= 0:
                half.set()
                await anyio.sleep_forever()

        await super().__call__(scope, receive, some)


class Noting(FileResponse):
    """Notes what it answers."""

    async def __call__(self, scope, receive, send):
        async def noted(message):
            if message["type"] == "http.response.start":
                asked[-1]["status"] = message["status"]
            await send(message)

        await super().__call__(scope, receive, noted)


async def file(request):
    asked.append({"range": request.headers.get("range"), "if_range": request.headers.get("if-range"), "status": 200})
    return (Halting if len(asked) == 1 else Noting)(sys.argv[1], media_type="text/csv")


async def wait_for_half(_):
    await half.wait()
    return JSONResponse(True)


async def say_asked(_):
    return JSONResponse(asked)


async def main():
    global half
    half = anyio.Event()
    app = Starlette(routes=[Route("/file", file), Route("/half", wait_for_half), Route("/asked", say_asked)])
    await uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0)).serve()


if __name__ == "__main__":
    anyio.run(main)
