"""A plain service of readings: FastAPI, pydantic, SQLAlchemy, and one row of PostgreSQL for each reading.

PEER_DATABASE_URL=postgresql+psycopg://… uvicorn benchmarks.peers.fastapi_readings:app --workers 2
"""

import os
from datetime import UTC, datetime
from uuid import UUID, uuid4

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field, FiniteFloat
from sqlalchemy import DateTime, ForeignKey, Index, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

engine = create_engine(os.environ["PEER_DATABASE_URL"], pool_size=8, max_overflow=8)
Session = sessionmaker(engine)
app = FastAPI()


class Base(DeclarativeBase):
    """Tables."""


class Device(Base):
    """A device."""

    __tablename__ = "peer_devices"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)


class Stat(Base):
    """A reading."""

    __tablename__ = "peer_readings"
    __table_args__ = (Index("peer_readings_device_time", "device_id", "timestamp"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("peer_devices.id"))
    x: Mapped[float]
    y: Mapped[float]
    z: Mapped[float]
    timestamp: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=lambda: datetime.now(UTC))


class Reading(BaseModel):
    """A reading as it is sent."""

    device_id: UUID
    x: FiniteFloat
    y: FiniteFloat
    z: FiniteFloat
    timestamp: datetime | None = None


class Readings(BaseModel):
    """Many."""

    readings: list[Reading] = Field(max_length=10_000)


@app.post("/devices", status_code=201)
def devices() -> dict[str, UUID]:
    """A new device."""
    with Session.begin() as session:
        device = Device()
        session.add(device)
        session.flush()
        return {"id": device.id}


@app.post("/stats", status_code=201)
def stats(sent: Reading | Readings) -> dict[str, int]:
    """Check the devices, insert, answer."""
    readings = sent.readings if isinstance(sent, Readings) else [sent]
    wanted = {reading.device_id for reading in readings}
    with Session.begin() as session:
        if len(wanted) != len(session.scalars(select(Device.id).where(Device.id.in_(wanted))).all()):
            raise HTTPException(404)
        session.add_all(Stat(**reading.model_dump(exclude_none=True)) for reading in readings)
    return {"accepted": len(readings)}
