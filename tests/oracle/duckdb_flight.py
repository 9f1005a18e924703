"""DuckDB behind Flight SQL, as small as a test needs it: statements in, batches out.

It can ask for a token (`token`), wait before it answers (`delay_secs`), and end in the middle of an answer (`is_broken`).
"""

import threading
import time

import duckdb
import pyarrow
import pyarrow.flight as flight

TYPE = b"type.googleapis.com/arrow.flight.protocol.sql.CommandStatementQuery"


def fields(message):
    """The fields of a protobuf message that are texts or bytes, by their numbers."""
    found = {}
    at = 0

    def number():
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        tag = number()
        assert tag & 7 == 2, tag
        length = number()
        found[tag >> 3] = bytes(message[at : at + length])
        at += length
    return found


class CheckToken(flight.ServerMiddlewareFactory):
    def __init__(self):
        self.token = None

    def start_call(self, info, headers):
        given = headers.get("authorization", [""])[0]
        if self.token and given != f"Bearer {self.token}":
            raise flight.FlightUnauthenticatedError("the token is not valid")


class Server(flight.FlightServerBase):
    def __init__(self, certificate=None):
        self.check = CheckToken()
        scheme = "grpc+tls" if certificate else "grpc"
        certificates = [certificate] if certificate else None
        super().__init__(f"{scheme}://127.0.0.1:0", middleware={"token": self.check}, tls_certificates=certificates)
        self.statements = []
        self.rows = 0
        self.delay_secs = 0
        self.is_broken = False
        threading.Thread(target=self.serve, daemon=True).start()

    def get_flight_info(self, context, descriptor):
        command = fields(descriptor.command)
        assert command[1] == TYPE, command
        statement = fields(command[2])[1].decode()
        self.statements.append(statement)
        time.sleep(self.delay_secs)
        endpoint = flight.FlightEndpoint(statement.encode(), [])
        return flight.FlightInfo(pyarrow.schema([]), descriptor, [endpoint], -1, -1)

    def do_get(self, context, ticket):
        try:
            table = duckdb.connect().sql(ticket.ticket.decode()).to_arrow_table()
        except duckdb.Error as error:
            raise flight.FlightServerError(str(error))
        self.rows += table.num_rows
        if not self.is_broken:
            return flight.RecordBatchStream(table)
        batches = table.to_batches(max_chunksize=max(1, table.num_rows // 2))

        def broken():
            yield batches[0]
            raise flight.FlightUnavailableError("the worker is gone")

        return flight.GeneratorStream(table.schema, broken())
